"""Connections to directories: opened with TLS as configured, kept for the next question, given up quickly when one is down."""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from pileus.identity.operations.directories.configuration import Directory, NoSuchBase, Trouble

log = logging.getLogger(__name__)
T = TypeVar("T")
Raw = tuple[str, dict[str, list[bytes]]]  # an entry: its DN, and its attributes by name in lower case

_PAGED = "1.2.840.113556.1.4.319"  # simple paged results, RFC 2696
_QUEUE = 0.5  # seconds a thread waits for its turn with a directory; others need the threads, too
_OK, _SIZE_LIMIT, _NO_SUCH_OBJECT = 0, 4, 32  # result codes of RFC 4511
_NO_PROOF = frozenset((19, 32, 34, 48, 49, 53))  # of a bind: these credentials do not count


class Pool:
    """The connections of one process to one directory as it is configured; `search` ones are bound as the account for it."""

    def __init__(self, directory: Directory) -> None:
        self.directory, self.fingerprint = directory, directory.fingerprint
        self._turn = threading.BoundedSemaphore(directory.share)
        self._lock = threading.Lock()
        self._idle: dict[str, list[tuple[float, Any]]] = {"search": [], "bind": []}
        self._down: tuple[float, str] | None = None

    def run(self, purpose: str, work: Callable[[Any], T]) -> T:
        """Do something with a connection; one that was kept may have been closed by the server, so a new one is tried, too."""
        from ldap3.core.exceptions import LDAPException  # noqa: PLC0415 - only clouds with directories need it

        if not self._turn.acquire(timeout=min(_QUEUE, self.directory.timeout)):
            raise Trouble(self.directory.domain_id, "is busy; try again")
        try:
            begun = time.monotonic()
            kept = self._take(purpose)
            if kept is not None:
                try:
                    return self._use(purpose, kept, work)
                except (LDAPException, OSError) as error:
                    if time.monotonic() - begun > self.directory.timeout:
                        raise self._failed(error) from None
            made = (time.monotonic(), self._open(purpose))
            try:
                return self._use(purpose, made, work)
            except (LDAPException, OSError) as error:
                raise self._failed(error) from None
        except Trouble:
            raise
        except Exception:
            log.exception("directory of domain %s", self.directory.domain_id)
            raise Trouble(self.directory.domain_id, "answers in a way that Pileus does not understand") from None
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            kept = [pair for pairs in self._idle.values() for pair in pairs]
            self._idle = {purpose: [] for purpose in self._idle}
        for _, connection in kept:
            _close(connection)

    def _use(self, purpose: str, kept: tuple[float, Any], work: Callable[[Any], T]) -> T:
        try:
            result = work(kept[1])
        except Trouble:
            self._give_back(purpose, kept)
            raise
        except BaseException:
            _close(kept[1])
            raise
        self._give_back(purpose, kept)
        return result

    def _limits(self, purpose: str) -> tuple[int, float]:
        """How many connections are kept, and for how long."""
        options = self.directory.options
        if not options["use_pool"] or (purpose == "bind" and not options["use_auth_pool"]):
            return 0, 0.0
        prefix = "auth_" if purpose == "bind" else ""
        return options[f"{prefix}pool_size"], options[f"{prefix}pool_connection_lifetime"]

    def _take(self, purpose: str) -> tuple[float, Any] | None:
        lifetime = self._limits(purpose)[1]
        with self._lock:
            while self._idle[purpose]:
                kept = self._idle[purpose].pop()
                if lifetime == -1 or time.monotonic() - kept[0] < lifetime:
                    return kept
                _close(kept[1])
        return None

    def _give_back(self, purpose: str, kept: tuple[float, Any]) -> None:
        size = self._limits(purpose)[0]
        with self._lock:
            if len(self._idle[purpose]) < size and not kept[1].closed:
                self._idle[purpose].append(kept)
                return
        _close(kept[1])

    def _open(self, purpose: str) -> Any:
        """A new connection to the first server that answers; raises Trouble, at once for a while after that has failed."""
        from ldap3.core.exceptions import LDAPException  # noqa: PLC0415

        if self._down is not None and time.monotonic() < self._down[0]:
            raise Trouble(self.directory.domain_id, self._down[1])
        directory, options = self.directory, self.directory.options
        limit = options["pool_connection_timeout"]
        patience = min(limit, directory.timeout) if limit > 0 else directory.timeout
        until = time.monotonic() + patience
        rounds = max(1, options["pool_retry_max"]) if options["use_pool"] else 1
        error: Exception = OSError("no server")
        for number in range(rounds * len(servers := directory.servers())):
            if number and number % len(servers) == 0:
                time.sleep(max(0.0, min(options["pool_retry_delay"], until - time.monotonic())))
            if (left := until - time.monotonic()) <= 0:
                break
            try:
                return _connect(directory, servers[number % len(servers)], left, bound=purpose == "search")
            except (LDAPException, OSError) as problem:
                error = problem
            except Trouble as trouble:
                raise self._failed(trouble) from None
        raise self._failed(error)

    def _failed(self, error: Exception) -> Trouble:
        """Remember that the directory is of no use now; what to raise."""
        log.warning("directory of domain %s: %s", self.directory.domain_id, error)
        trouble = error if isinstance(error, Trouble) else Trouble(self.directory.domain_id, _why(error))
        self._down = (time.monotonic() + self.directory.timeout, trouble.why)
        self.close()
        return trouble


def _why(error: Exception) -> str:
    from ldap3.core.exceptions import LDAPSSLConfigurationError  # noqa: PLC0415

    if isinstance(error, LDAPSSLConfigurationError):
        return "is not configured well: tls_cacertfile or tls_cacertdir cannot be read"
    if "certificate" in str(error).lower():
        return "cannot be trusted: its certificate does not verify or does not name this host"
    return "does not answer"


def _connect(directory: Directory, server: tuple[str, int, bool], patience: float, *, bound: bool) -> Any:
    """An open connection, encrypted as configured and, where asked, bound as the account for searches."""
    import ldap3  # noqa: PLC0415 - 10 MiB that only clouds with directories need

    host, port, from_start = server
    checked = ssl.CERT_REQUIRED if directory["tls_req_cert"] == "demand" else ssl.CERT_NONE
    tls = ldap3.Tls(
        validate=checked, ca_certs_file=directory["tls_cacertfile"], ca_certs_path=directory["tls_cacertdir"], sni=host
    )
    account = (directory["user"], directory.password) if directory["user"] else (None, None)
    connection = ldap3.Connection(
        ldap3.Server(host, port, use_ssl=from_start, tls=tls, get_info=ldap3.NONE, connect_timeout=patience),
        *account,
        client_strategy=ldap3.SYNC,
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        auto_escape=False,
        check_names=False,
        read_only=True,
    )
    try:
        connection.open(read_server_info=False)
        if directory["use_tls"]:
            connection.start_tls(read_server_info=False)
        connection.socket.settimeout(directory.timeout)
        if bound and not connection.bind(read_server_info=False):
            raise Trouble(directory.domain_id, "does not let in the account with which Pileus searches it")
    except BaseException:
        _close(connection)
        raise
    return connection


def _close(connection: Any) -> None:
    with suppress(Exception):
        connection.unbind()


_pools: dict[str, Pool] = {}
_pools_lock = threading.Lock()


def _pool(directory: Directory) -> Pool:
    """The connections to a directory; those made with other options are closed."""
    with _pools_lock:
        pool = _pools.get(directory.domain_id)
        if pool is not None and pool.fingerprint == directory.fingerprint:
            return pool
        fresh = _pools[directory.domain_id] = Pool(directory)
    if pool is not None:
        pool.close()
    return fresh


def proves(directory: Directory, dn: str, password: str) -> bool:
    """Whether the directory lets this entry in with this password. An empty one proves nothing (RFC 4513, 5.1.2)."""
    if not password:
        return False

    def bind(connection: Any) -> int:
        try:
            connection.rebind(user=dn, password=password.encode(), read_server_info=False)
            return int(connection.result["result"])
        finally:
            connection.password = None

    code = _pool(directory).run("bind", bind)
    if code not in (_OK, *_NO_PROOF):
        raise Trouble(directory.domain_id, f"does not check passwords now (LDAP result {code})")
    return code == _OK


def search(
    directory: Directory, base: str, scope: str, condition: str, attributes: Sequence[str], *, limit: int = 0
) -> list[Raw]:
    """The entries that a filter finds; `scope` is base, one or sub. With a limit, no more than so many, and no complaint.

    Raises NoSuchBase when there is no such place, and Trouble for any other result but success.
    """
    return _pool(directory).run(
        "search", lambda connection: list(_pages(directory, connection, base, scope, condition, attributes, limit))
    )


def _pages(
    directory: Directory,
    connection: Any,
    base: str,
    scope: str,
    condition: str,
    attributes: Sequence[str],
    limit: int,
) -> Iterator[Raw]:
    scopes = {"base": "BASE", "one": "LEVEL", "sub": "SUBTREE"}
    aliases = {"searching": "SEARCH", "always": "ALWAYS", "finding": "FINDING_BASE"}
    cookie: bytes | None = None
    while True:
        connection.search(
            base,
            condition,
            scopes[scope],
            dereference_aliases=aliases.get(directory["alias_dereferencing"], "NEVER"),
            attributes=list(attributes),
            size_limit=limit,
            paged_size=(directory["page_size"] or None) if not limit else None,
            paged_cookie=cookie,
        )
        result = connection.result
        if result["result"] != _OK and not (limit and result["result"] == _SIZE_LIMIT):
            raise _refused(directory, base, result)
        for entry in connection.response:
            if entry["type"] == "searchResEntry":
                values = {name.lower(): list(value) for name, value in entry["raw_attributes"].items()}
                yield entry["dn"], values
        cookie = ((result.get("controls") or {}).get(_PAGED) or {"value": {"cookie": b""}})["value"]["cookie"]
        if not cookie:
            return


def _refused(directory: Directory, base: str, result: dict[str, Any]) -> Trouble:
    code = result["result"]
    log.warning("directory of domain %s: search below %s: %s", directory.domain_id, base, result["description"])
    if code == _NO_SUCH_OBJECT:
        return NoSuchBase(directory.domain_id, f"has no entry {base}")
    if code == _SIZE_LIMIT:
        return Trouble(directory.domain_id, "does not give all of its entries at once: set page_size")
    return Trouble(directory.domain_id, f"refuses to be searched (LDAP result {code})")


def forget(domain_id: str) -> None:
    """Close the connections to a directory that is not needed any more."""
    with _pools_lock:
        pool = _pools.pop(domain_id, None)
    if pool is not None:
        pool.close()

"""A real OpenLDAP server of a test's own: LDAP, StartTLS and LDAPS on free ports of 127.0.0.1, with new certificates."""

import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ldap3

from certificates import authority
from ports import free_port
from private_postgresql import end_with_parent

SUFFIX = "dc=example,dc=org"
SIZE_LIMIT = 20  # entries the server gives to one search that is not paged
_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
include {home}/active_directory.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {home}/pid
TLSCACertificateFile {home}/ca.pem
TLSCertificateFile {home}/server.pem
TLSCertificateKeyFile {home}/server.key
database mdb
suffix "{suffix}"
rootdn "cn=root,{suffix}"
rootpw root-secret
directory {home}/data
maxsize 67108864
dbnosync
limits * size.soft={limit} size.hard={limit} size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,{suffix}" read by * none
"""

# As much of Active Directory as stories need; OpenLDAP's own copy lacks the rules by which values are compared.
_ACTIVE_DIRECTORY = """
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL
  MUST ( objectGUID $ sAMAccountName ) MAY ( userAccountControl ) )
objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL MUST ( objectGUID $ cn ) MAY ( member ) )
"""


class Server:
    """The server; `url` and `secure_url` are where it listens, `ca` and `wrong_ca` are files of certificates."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.url = f"ldap://127.0.0.1:{free_port()}"
        self.secure_url = f"ldaps://127.0.0.1:{free_port()}"
        self.ca, self.wrong_ca = str(home / "ca.pem"), str(home / "wrong.pem")
        (home / "data").mkdir()
        (home / "slapd.conf").write_text(_CONFIGURATION.format(home=home, suffix=SUFFIX, limit=SIZE_LIMIT))
        (home / "active_directory.schema").write_text(_ACTIVE_DIRECTORY)
        ours = authority("Directory CA")
        ours.write(home / "ca.pem")
        ours.certify(home / "server.pem", home / "server.key")
        authority("Another CA").write(home / "wrong.pem")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = shutil.which("slapd", path="/usr/sbin:/usr/bin:/usr/lib/openldap")
        assert program, "OpenLDAP is not installed: apt-get install slapd"
        command = [program, "-f", str(self.home / "slapd.conf"), "-h", f"{self.url}/ {self.secure_url}/", "-d", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, preexec_fn=end_with_parent)  # noqa: PLW1509 - no threads yet
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.root().unbind()
                return
            except ldap3.core.exceptions.LDAPException:
                time.sleep(0.02)
        raise RuntimeError("slapd does not answer")

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def root(self) -> Any:
        """A connection that may write."""
        account = (f"cn=root,{SUFFIX}", "root-secret")
        return ldap3.Connection(ldap3.Server(self.url, get_info=ldap3.NONE), *account, auto_bind=True)


class Tree:
    """A test's own part of the directory, with people and groups below it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.writing = server.root()
        self.base = f"ou={uuid.uuid4().hex},{SUFFIX}"
        self.add(self.base, "organizationalUnit")
        for name in ("people", "groups"):
            self.add(f"ou={name},{self.base}", "organizationalUnit")

    def add(self, dn: str, *classes: str, **attributes: Any) -> str:
        """Add an entry; its DN."""
        assert self.writing.add(dn, list(classes), attributes), self.writing.result
        return dn

    def person(self, uid: str, password: str | None = "secret", **attributes: Any) -> str:
        """Add a user who is called as the uid says; its DN."""
        values = {"uid": uid, "cn": attributes.pop("cn", uid), "sn": uid, **attributes}
        if password is not None:
            values["userPassword"] = password
        dn = f"uid={ldap3.utils.dn.escape_rdn(uid)},ou=people,{self.base}"
        return self.add(dn, "inetOrgPerson", **values)

    def group(self, name: str, *members: str) -> str:
        """Add a group of DNs."""
        return self.add(f"cn={name},ou=groups,{self.base}", "groupOfNames", cn=name, member=list(members))

    def change(self, dn: str, **attributes: Any) -> None:
        """Set attributes; None takes one away."""
        changes = {
            name: [(ldap3.MODIFY_REPLACE, [] if value is None else value if isinstance(value, list) else [value])]
            for name, value in attributes.items()
        }
        assert self.writing.modify(dn, changes), self.writing.result

    def remove(self, dn: str) -> None:
        """Delete an entry."""
        assert self.writing.delete(dn), self.writing.result

    def options(self, **more: Any) -> dict[str, Any]:
        """The section "ldap" of a domain that takes its users from here."""
        return {
            "url": self.server.url,
            "user": f"cn=reader,{SUFFIX}",
            "password": "reader-secret",
            "suffix": SUFFIX,
            "user_tree_dn": f"ou=people,{self.base}",
            "user_id_attribute": "uid",
            "user_name_attribute": "uid",
            "group_tree_dn": f"ou=groups,{self.base}",
            "group_name_attribute": "cn",
            **more,
        }


@contextmanager
def running() -> Iterator[Server]:
    """A server with nothing in it but the account that may search; it ends with the context."""
    home = Path(tempfile.mkdtemp(prefix="pileus-ldap-"))
    server = Server(home)
    try:
        server.start()
        root = server.root()
        root.add(SUFFIX, ["dcObject", "organization"], {"o": "Example"})
        reader = {"sn": "reader", "userPassword": "reader-secret"}
        assert root.add(f"cn=reader,{SUFFIX}", ["person"], reader), root.result
        root.unbind()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)

"""What can go wrong, as exceptions that know their HTTP status; every service words them in its own fault body."""


class Fault(Exception):
    """The request or the run failed in a way the caller is told about.

    `message` is for the caller; `field` names the offending input; `kind` is the error type some services publish
    (for example ``NetworkNotFound``); `headers` go out with the response.
    """

    status = 500
    title = "Internal Server Error"

    def __init__(self, message: str = "", *, field: str | None = None, kind: str | None = None) -> None:
        self.message = message or self.title
        self.field = field
        self.kind = kind
        self.headers: dict[str, str] = {}
        super().__init__(self.message)


class BadRequest(Fault):
    """The request is malformed or names something that does not exist."""

    status, title = 400, "Bad Request"


class Unauthorized(Fault):
    """There is no valid token."""

    status, title = 401, "Unauthorized"

    def __init__(self, message: str = "The request you have made requires authentication.", **more: str | None) -> None:
        super().__init__(message, field=more.get("field"), kind=more.get("kind"))


class Forbidden(Fault):
    """The policy says no."""

    status, title = 403, "Forbidden"


class NotFound(Fault):
    """It does not exist, or the caller may not know that it does."""

    status, title = 404, "Not Found"


class MethodNotAllowed(Fault):
    """The resource is there, but not for this method."""

    status, title = 405, "Method Not Allowed"


class NotAcceptable(Fault):
    """No such API version or content type can be produced."""

    status, title = 406, "Not Acceptable"


class Conflict(Fault):
    """The state of the resource does not allow it."""

    status, title = 409, "Conflict"


class Gone(Fault):
    """It was there, but is not any more."""

    status, title = 410, "Gone"


class PreconditionFailed(Fault):
    """A condition that the caller set does not hold."""

    status, title = 412, "Precondition Failed"


class TooLarge(Fault):
    """The request, or what it asks for, is over a limit."""

    status, title = 413, "Request Entity Too Large"


class UnsupportedMediaType(Fault):
    """The request's content type is not known here."""

    status, title = 415, "Unsupported Media Type"


class TooManyRequests(Fault):
    """It was tried too often; `seconds` say when it may be tried again."""

    status, title = 429, "Too Many Requests"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts have failed. Try again in {seconds} seconds.")
        self.headers["Retry-After"] = str(seconds)


class Unavailable(Fault):
    """A part that is needed does not answer."""

    status, title = 503, "Service Unavailable"


class OverQuota(Fault):
    """A quota is exceeded; the service says with which status it tells."""

    status, title = 403, "Forbidden"

    def __init__(self, resource: str, used: int, asked: int, limit: int) -> None:
        self.resource, self.used, self.asked, self.limit = resource, used, asked, limit
        super().__init__(
            f"Quota exceeded for {resource}: requested {asked}, but already used {used} of {limit} {resource}.",
            field=resource,
            kind="OverQuota",
        )

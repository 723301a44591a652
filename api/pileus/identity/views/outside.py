"""What comes with a login besides its body, as the web server hands it over."""

from pileus.core.http.call import Call
from pileus.core.http.client_address import trusted
from pileus.identity.operations.outside import Outside


def outside_of(call: Call) -> Outside:
    """The headers of the request, whether one of our proxies has sent it, and where its client may have sent it to."""
    request = call.request
    query = request.query_string.decode("latin-1")
    public = call.url(request.path.removeprefix(call.service.prefix)) + (f"?{query}" if query else "")
    urls = tuple(dict.fromkeys((public, request.url)))
    return Outside(dict(request.headers), trusted(call.settings, request.remote_addr or ""), urls)

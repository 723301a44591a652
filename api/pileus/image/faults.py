"""How the image service words a fault: an HTML page, as its clients expect."""

from html import escape

from pileus.core.errors import Fault


def page(fault: Fault) -> tuple[str, str]:
    """(body, content type) of a fault."""
    title = f"{fault.status} {fault.title}"
    return (
        f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n"
        f"  {escape(fault.message)}<br /><br />\n </body>\n</html>",
        "text/html; charset=UTF-8",
    )

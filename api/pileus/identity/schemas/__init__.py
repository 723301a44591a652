"""JSON schemas of the identity API, one file per noun."""

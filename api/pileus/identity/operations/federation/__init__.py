"""Federation: logging in those for whom an identity provider vouches."""

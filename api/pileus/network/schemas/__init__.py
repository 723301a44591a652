"""JSON schemas of the bodies that the network API takes."""

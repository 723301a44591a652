"""The tables of personas: for each route of each service, who may call it."""

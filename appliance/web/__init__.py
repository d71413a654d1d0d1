"""The HTTP API: parses requests, asks the catalog, signs URLs. Never touches upload bytes."""

"""What lies under every transfer: sockets, HTTP/1.1, TLS that a person trusts, limits, second tries."""

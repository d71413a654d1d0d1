"""The CDN edge: renders the nginx configuration and names its cache files."""

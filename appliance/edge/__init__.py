"""The CDN edge: renders the nginx configuration and names its cache files. `contract` is what it asks the API."""

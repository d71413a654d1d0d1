"""What knows codecs. Untrusted bytes are only ever decoded in limited child processes."""

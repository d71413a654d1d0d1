"""Qt models over what the engine tells; they draw nothing."""

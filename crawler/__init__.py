"""Facts: what MCP servers and their tools say they are. Never imports `classifier`."""

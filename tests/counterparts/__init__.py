"""Our adapters against servers that others wrote, each in an environment and a process of its own."""

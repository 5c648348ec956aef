"""Case management over the engine: use cases, permissions, inbox and worker."""

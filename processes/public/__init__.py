"""The public: who it is, what it can have done, its consents and certificates."""

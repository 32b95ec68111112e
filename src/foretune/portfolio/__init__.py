"""Money: deterministic arithmetic on holdings. No model, no network, no torch."""

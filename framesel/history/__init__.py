"""What the rounds of a workspace came to: metrics, costs, whether to go on."""

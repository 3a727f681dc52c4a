"""`framesel train`: the labels of a workspace become weights, with what they are worth."""

"""`framesel drift`: whether new footage is like that which was chosen from."""

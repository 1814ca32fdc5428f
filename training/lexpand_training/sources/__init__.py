"""Text out of packages of the registries: passages and pairs with their source, in the form that `tokens` reads."""

"""What a person should look at: raised and cleared by what is so, remembered, and carried to whoever is not looking."""

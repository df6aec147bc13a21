"""What may be dangerous in revision scripts, by rules over what their text does. Nothing of them is run."""

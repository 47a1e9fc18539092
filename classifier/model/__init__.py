"""The model: features and words, run time with NumPy alone, training and evaluation."""

"""The linear model: features, run time with NumPy alone, training and evaluation."""

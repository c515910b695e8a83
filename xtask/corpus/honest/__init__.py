"""Genuine files of real libraries; one module for each group of frameworks."""

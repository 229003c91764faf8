"""Arrays to figures: plain plotly dicts and pictures, ready for JSON. Knows neither torch nor streamlit."""

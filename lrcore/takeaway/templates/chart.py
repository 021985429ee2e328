def save_chart(path):
    """Draws both accuracies by epoch."""
    import plotly.express as px

    px.line(result, x="epoch", y=["accuracy", "val_accuracy"]).write_html(path)


save_chart("accuracy.html")

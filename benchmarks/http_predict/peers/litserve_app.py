"""A LitServe server of the model: python litserve_app.py PORT MODEL."""

import sys

import lightgbm
import litserve
import numpy as np


class Eclo(litserve.LitAPI):
    """Predicts from already encoded numbers."""

    def setup(self, device):
        """Loads the model once."""
        self.booster = lightgbm.Booster(model_file=sys.argv[2])

    def decode_request(self, request):
        """Returns the row."""
        return request["row"]

    def predict(self, row):
        """Returns the prediction on the ECLO scale."""
        return float(np.expm1(self.booster.predict(np.array([row]), num_threads=1)[0]))

    def encode_response(self, eclo):
        """Returns the answer."""
        return {"eclo": eclo}


if __name__ == "__main__":
    server = litserve.LitServer(Eclo(), accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False, log_level="warning")

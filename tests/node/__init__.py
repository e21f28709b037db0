"""A real node: kubelet, containerd and kube-proxy in one network namespace, to run real pods."""

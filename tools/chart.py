"""Lints, renders and validates a Helm chart without a cluster.

    chart.py CHART BINARY

Every values file in CHART/ci is linted (warnings count), rendered for install and for upgrade and validated against
the schemas of the oldest and the newest Kubernetes it names; every file in CHART/ci/rejected must be refused.
On top, what no schema knows: a hook may only refer to hooks of lower weight or to what the chart does not make, a pod
is given longer to end than the process takes, every container is locked down, and the settings are accepted by
`BINARY check-config`.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml
from helm_python import HelmError
from helm_python.chart import Chart, lint

KUBERNETES = ("1.27", "1.37")
# Kinds of operators, which Kubernetes' own schemas do not contain.
FOREIGN = {"monitoring.coreos.com/v1"}


def documents(manifests):
    for path, text in manifests.items():
        if path.endswith(".txt"):
            continue
        for document in yaml.safe_load_all(text):
            if document:
                yield path, document


def annotations(document):
    return document["metadata"].get("annotations") or {}


def hook_weight(document):
    return int(annotations(document).get("helm.sh/hook-weight", "0")) if "helm.sh/hook" in annotations(document) else None


def pod_spec(document):
    return (document.get("spec") or {}).get("template", {}).get("spec")


def references(pod):
    """(kind, name) of everything a pod needs to exist."""
    if pod.get("serviceAccountName"):
        yield "ServiceAccount", pod["serviceAccountName"]
    for volume in pod.get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    for container in pod["containers"] + pod.get("initContainers", []):
        for variable in container.get("env", []):
            source = variable.get("valueFrom") or {}
            if "secretKeyRef" in source:
                yield "Secret", source["secretKeyRef"]["name"]
            if "configMapKeyRef" in source:
                yield "ConfigMap", source["configMapKeyRef"]["name"]
        for source in container.get("envFrom", []):
            for kind, key in (("Secret", "secretRef"), ("ConfigMap", "configMapRef")):
                if key in source:
                    yield kind, source[key]["name"]


def judge(rendered):
    """What is wrong with one rendering, as sentences."""
    everything = list(documents(rendered))
    made = {(d["kind"], d["metadata"]["name"]): d for _, d in everything}
    if len(made) != len(everything):
        yield "two documents have the same kind and name"
    for path, document in everything:
        if document["apiVersion"] not in FOREIGN:
            for version in KUBERNETES:
                try:
                    kubernetes_validate.validate(document, version, strict=True)
                except kubernetes_validate.ValidationError as error:
                    where = "/".join(map(str, error.path))
                    yield f"{path}: Kubernetes {version}: {where}: {error.message}"
        pod = pod_spec(document)
        if pod is None:
            continue
        weight = hook_weight(document)
        for kind, name in references(pod) if weight is not None else ():
            needed = made.get((kind, name))
            if needed is not None and (hook_weight(needed) is None or hook_weight(needed) >= weight):
                yield f"{path}: the hook needs {kind} {name}, which does not exist when it runs"
        yield from judge_pod(path, pod)


def judge_pod(path, pod):
    if pod.get("automountServiceAccountToken") is not False:
        yield f"{path}: a token of the cluster is mounted"
    if not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield f"{path}: may run as root"
    times = []
    for container in pod["containers"]:
        security = container.get("securityContext", {})
        locked = (
            security.get("readOnlyRootFilesystem") is True
            and security.get("allowPrivilegeEscalation") is False
            and security.get("capabilities", {}).get("drop") == ["ALL"]
        )
        if not locked:
            yield f"{path}: container {container['name']} is not locked down"
        for variable in container.get("env", []):
            if variable["name"].startswith("NORDBRO__SHUTDOWN__"):
                times.append(int(re.fullmatch(r"(\d+)s", variable["value"]).group(1)))
    if len(times) == 3 and pod["terminationGracePeriodSeconds"] <= sum(times):
        yield f"{path}: the pod is killed before the process has ended by itself"
    if times and len(times) != 3:
        yield f"{path}: expected three shutdown times, found {len(times)}"


def judge_settings(rendered, binary):
    """Gives the settings of the Deployment to the binary, as the pod would get them."""
    everything = [document for _, document in documents(rendered)]
    deployment = next(d for d in everything if d["kind"] == "Deployment")
    settings = next(d for d in everything if d["kind"] == "ConfigMap" and hook_weight(d) is None)["data"]["nordbro.toml"]
    variables = {
        # The binary wants a user of its own for each URL.
        variable["name"]: variable.get("value", f"postgres://{variable['name'].lower()}:password@db/name")
        for variable in pod_spec(deployment)["containers"][0]["env"]
    }
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(settings)
        file.flush()
        told = subprocess.run(
            [binary, "check-config", "--config", file.name], env=variables, capture_output=True, text=True, check=False
        )
    if told.returncode != 0:
        yield f"the binary refuses the settings: {told.stderr.strip()}"


def main(path, binary):
    failures = []
    chart = Chart.load(path)
    accepted = sorted((path / "ci").glob("*-values.yaml"))
    rejected = sorted((path / "ci" / "rejected").glob("*.yaml"))
    if not accepted or not rejected:
        failures.append(f"{path}/ci names no values to try")
    for file in accepted:
        values = yaml.safe_load(file.read_text())
        report = lint(path, values, strict=True)
        for message in report["messages"]:
            if message["severity"] >= 2:
                failures.append(f"{file.name}: lint: {message['path']}: {message['error']}")
        failures += [f"{file.name}: lint: {error}" for error in report["errors"]]
        for install in (True, False):
            try:
                rendered = chart.render(values, name="ci", namespace="payments", is_install=install, is_upgrade=not install)
            except HelmError as error:
                failures.append(f"{file.name}: {error}")
                break
            failures += [f"{file.name}: {failure}" for failure in judge(rendered)]
        failures += [f"{file.name}: {failure}" for failure in judge_settings(rendered, binary)]
        print(f"    {file.name}: {sum(1 for _ in documents(rendered))} documents")
    for file in rejected:
        try:
            chart.render(yaml.safe_load(file.read_text()), name="ci", namespace="payments")
        except HelmError as error:
            reason = " ".join(str(error).split())
            if "schema" not in reason and "values" not in reason:
                failures.append(f"rejected/{file.name}: refused for another reason: {reason}")
            print(f"    rejected/{file.name}: refused")
        else:
            failures.append(f"rejected/{file.name}: was accepted")
    for failure in failures:
        print(f"    {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))

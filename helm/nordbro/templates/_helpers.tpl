{{- define "nordbro.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "nordbro.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "nordbro.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "nordbro.selector" -}}
app.kubernetes.io/name: {{ include "nordbro.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "nordbro.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{ include "nordbro.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: nordbro
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "nordbro.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The settings file. What the chart decides itself comes in by variables, which win. */}}
{{- define "nordbro.config" -}}
{{- include "nordbro.section" (dict "path" "" "values" .Values.config) -}}
{{- end -}}

{{/*
One section of settings as TOML. Not toToml: to Helm every number is a float, and toToml writes 20000 as 20000.0.
Strings and lists of strings are written alike in JSON and TOML.
*/}}
{{- define "nordbro.section" -}}
{{- $path := .path -}}
{{- range $key, $value := .values -}}
{{- if not (kindIs "map" $value) -}}
{{- if and (kindIs "float64" $value) (eq (floor $value) $value) }}
{{ $key }} = {{ int64 $value }}
{{- else }}
{{ $key }} = {{ toJson $value }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := .values -}}
{{- if kindIs "map" $value -}}
{{- $inner := ternary $key (printf "%s.%s" $path $key) (eq $path "") }}
[{{ $inner }}]
{{- include "nordbro.section" (dict "path" $inner "values" $value) }}
{{ end -}}
{{- end -}}
{{- end -}}

{{- define "nordbro.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "nordbro.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "nordbro.databaseEnv" -}}
- name: NORDBRO__DATABASE__URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.existingSecret }}
      key: {{ .Values.database.urlKey }}
- name: NORDBRO__DATABASE__SYSTEM_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.existingSecret }}
      key: {{ .Values.database.systemUrlKey }}
{{- end -}}

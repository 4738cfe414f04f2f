{{- define "polyhost.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "polyhost.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "polyhost.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "polyhost.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "polyhost.selectorLabels" -}}
app.kubernetes.io/name: {{ include "polyhost.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "polyhost.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "polyhost.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "polyhost.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "polyhost.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "polyhost.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "polyhost.secretName" -}}
{{- default (printf "%s-secrets" (include "polyhost.fullname" .)) .Values.secrets.existingSecret -}}
{{- end -}}

{{- define "polyhost.configMapName" -}}
{{- default (printf "%s-config" (include "polyhost.fullname" .)) .Values.config.existingConfigMap -}}
{{- end -}}

{{/* The sections that a running gateway does not reload. */}}
{{- define "polyhost.fixedSections" -}}
{{- with .Values.config -}}
[server]
listen = "0.0.0.0:8080"
admin_listen = "0.0.0.0:9090"
shutdown_delay = "{{ .server.shutdownDelaySeconds }}s"
drain_timeout = "{{ .server.drainTimeoutSeconds }}s"
spool_dir = "/var/lib/polyhost"
max_spool = {{ $.Values.spool.maxSize | quote }}
{{- with .server.toml }}
{{ . | trim }}
{{- end }}
{{- with .cache.toml }}

[cache]
{{ . | trim }}
{{- end }}
{{- end }}
{{- with include "polyhost.stateSection" . | trim }}

[state]
{{ . }}
{{- end }}
{{- end -}}

{{- define "polyhost.config" -}}
{{- if regexMatch "(?m)^\\s*\\[\\s*(server|upstream|cache|state)\\s*\\]" .Values.config.toml -}}
{{- fail "config.toml has a section that the chart writes. Use config.server, .upstream, .cache and .state." -}}
{{- end -}}
{{- include "polyhost.checkState" . -}}
{{ include "polyhost.fixedSections" . }}

[upstream]
attempt_timeout = "{{ .Values.config.upstream.attemptTimeoutSeconds }}s"
{{- with .Values.config.upstream.toml }}
{{ . | trim }}
{{- end }}

{{ .Values.config.toml | trim }}
{{ end -}}

{{/* shutdown_delay, drain_timeout and the logout at all sites (attempt_timeout), and ten seconds more. */}}
{{- define "polyhost.gracePeriod" -}}
{{- with .Values.config -}}
{{- add .server.shutdownDelaySeconds .server.drainTimeoutSeconds .upstream.attemptTimeoutSeconds 10 -}}
{{- end -}}
{{- end -}}

{{/*
Environment of the dispatcher, as a YAML list.
The Slack keys are required: the kubelet then waits for a Secret that is still being unsealed,
instead of starting a dispatcher that has no tokens and stays so. Which model and ticket keys
are needed depends on agentsmith.yml, so those are optional.
*/}}
{{- define "agentsmith.dispatcherEnv" -}}
{{- $secret := include "agentsmith.secretName" . -}}
- name: ASPNETCORE_URLS
  value: {{ printf "http://+:%d" (int .Values.dispatcher.port) | quote }}
- name: ASPNETCORE_ENVIRONMENT
  value: {{ .Values.dispatcher.environment | quote }}
- name: REDIS_URL
{{- if .Values.redis.urlFromSecret }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret | quote }}
      key: redis-url
      optional: false
{{- else }}
  value: {{ include "agentsmith.redisUrl" . | quote }}
{{- end }}
- name: SPAWNER_TYPE
  value: {{ .Values.spawner.type | quote }}
- name: K8S_NAMESPACE
  value: {{ include "agentsmith.jobNamespace" . | quote }}
- name: K8S_SECRET_NAME
  value: {{ include "agentsmith.jobSecretName" . | quote }}
- name: AGENTSMITH_IMAGE
  value: {{ include "agentsmith.image" (dict "root" $ "image" .Values.image.agent) | quote }}
- name: IMAGE_PULL_POLICY
  value: {{ .Values.image.pullPolicy | quote }}
{{- if .Values.spawner.dockerNetwork }}
- name: DOCKER_NETWORK
  value: {{ .Values.spawner.dockerNetwork | quote }}
{{- end }}
{{- /* Read by dispatchers later than February 2026. */}}
- name: JobSpawner__TtlSecondsAfterFinished
  value: {{ .Values.spawner.ttlSecondsAfterFinished | int | quote }}
{{- $resources := .Values.spawner.jobResources | default dict }}
{{- range $kind, $suffix := dict "requests" "Request" "limits" "Limit" }}
{{- $amounts := index $resources $kind | default dict }}
{{- range $resource, $prefix := dict "cpu" "Cpu" "memory" "Memory" }}
{{- with index $amounts $resource }}
- name: JobSpawner__Resources__{{ $prefix }}{{ $suffix }}
  value: {{ include "agentsmith.number" . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- $required := list "slack-bot-token" "slack-signing-secret" }}
{{- range $key, $_ := include "agentsmith.secretKeys" . | fromYaml }}
- name: {{ $key | upper | replace "-" "_" }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret | quote }}
      key: {{ $key }}
      optional: {{ not (has $key $required) }}
{{- end }}
{{- end -}}

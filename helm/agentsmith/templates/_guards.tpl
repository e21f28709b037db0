{{/* What the schema can't say, or what must hold where the schema is skipped. */}}
{{- define "agentsmith.guards" -}}
{{- $sources := include "agentsmith.secretSources" . | fromJsonArray -}}
{{- if gt (len $sources) 1 -}}
{{- fail (printf "Only one source of the Secret may be set, but these are: %s. Keep one of `secrets`, `sealedSecret.manifest` and `existingSecret`, and empty the others." (join ", " $sources)) -}}
{{- end -}}
{{- $inline := not (or .Values.sealedSecret.manifest .Values.existingSecret) -}}
{{- if and .Values.requireCompleteSecrets $inline -}}
{{- $missing := include "agentsmith.missingSecrets" . | fromJsonArray -}}
{{- if $missing -}}
{{- fail (printf "requireCompleteSecrets is set, but the Secret would lack: %s. Fill `secrets`, or use `sealedSecret.manifest` or `existingSecret`." (join ", " $missing)) -}}
{{- end -}}
{{- end -}}

{{- if and .Values.config.content .Values.config.existingConfigMap -}}
{{- fail "config.content and config.existingConfigMap exclude each other. Empty one of them." -}}
{{- end -}}
{{- if gt (len .Values.config.content) 1000000 -}}
{{- fail (printf "config.content has %d bytes, but a ConfigMap holds at most 1 MiB. Shorten the file." (len .Values.config.content)) -}}
{{- end -}}

{{- if .Values.redis.enabled -}}
{{- if or .Values.redis.externalUrl .Values.redis.urlFromSecret -}}
{{- fail "redis.externalUrl and redis.urlFromSecret are for another Redis. Set redis.enabled to false with them." -}}
{{- end -}}
{{- else -}}
{{- if eq (empty .Values.redis.externalUrl) (empty .Values.redis.urlFromSecret) -}}
{{- fail "With redis.enabled false, set exactly one of redis.externalUrl (host:port) and redis.urlFromSecret (true)." -}}
{{- end -}}
{{- if regexMatch "(?i)password *=" .Values.redis.externalUrl -}}
{{- fail "redis.externalUrl holds a password, which anyone could read in the pod. Put the address into the key redis-url of the Secret and set redis.urlFromSecret." -}}
{{- end -}}
{{- if regexMatch "://|\\s" .Values.redis.externalUrl -}}
{{- fail "redis.externalUrl must be host:port, as StackExchange.Redis reads it, without blanks and without a scheme such as redis://." -}}
{{- end -}}
{{- if and .Values.redis.urlFromSecret $inline -}}
{{- fail "redis.urlFromSecret needs sealedSecret.manifest or existingSecret, as `secrets` has no Redis address." -}}
{{- end -}}
{{- end -}}

{{- if and (ne (include "agentsmith.jobNamespace" .) .Release.Namespace) (not .Values.spawner.secretName) -}}
{{- fail (printf "spawner.namespace is %q, but the Secret is in %q, where agent Jobs can't read it. Make a Secret there and name it in spawner.secretName, or empty spawner.namespace." (include "agentsmith.jobNamespace" .) .Release.Namespace) -}}
{{- end -}}

{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) -}}
{{- fail "With serviceAccount.create false, serviceAccount.name must name an existing service account." -}}
{{- end -}}

{{- $grace := int .Values.dispatcher.terminationGracePeriodSeconds -}}
{{- $needed := add (int .Values.dispatcher.preStopSleepSeconds) 35 | int -}}
{{- if lt $grace $needed -}}
{{- fail (printf "dispatcher.terminationGracePeriodSeconds is %d, but must be at least %d (preStopSleepSeconds + 35), or pods are killed while they drain." $grace $needed) -}}
{{- end -}}
{{- if and .Values.cleanup.enabled (le (int .Values.cleanup.timeoutSeconds) (add $grace 60 | int)) -}}
{{- fail (printf "cleanup.timeoutSeconds is %d, but must be more than %d (dispatcher.terminationGracePeriodSeconds + 60)." (int .Values.cleanup.timeoutSeconds) (add $grace 60 | int)) -}}
{{- end -}}

{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled needs ingress.host." -}}
{{- end -}}
{{- if and .Values.ingress.enabled .Values.ingress.tls (not .Values.ingress.tlsSecretName) -}}
{{- fail "ingress.tls needs ingress.tlsSecretName." -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs." -}}
{{- end -}}

{{- $taken := list -}}
{{- range include "agentsmith.dispatcherEnv" . | fromYamlArray -}}
{{- $taken = append $taken .name -}}
{{- end -}}
{{- range .Values.dispatcher.extraEnv -}}
{{- if has .name $taken -}}
{{- fail (printf "dispatcher.extraEnv sets %s, which the chart sets already or which comes twice. Use the value that stands for it." .name) -}}
{{- end -}}
{{- $taken = append $taken .name -}}
{{- end -}}

{{- $fields := list "affinity" "automountServiceAccountToken" "containers" "enableServiceLinks" "imagePullSecrets" "initContainers" "nodeSelector" "priorityClassName" "securityContext" "serviceAccountName" "terminationGracePeriodSeconds" "tolerations" "topologySpreadConstraints" "volumes" -}}
{{- range $field, $_ := .Values.dispatcher.extraPodSpec -}}
{{- if has $field $fields -}}
{{- fail (printf "dispatcher.extraPodSpec sets %s, which the chart sets itself. Use the value that stands for it." $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}

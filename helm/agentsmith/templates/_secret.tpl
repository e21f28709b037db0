{{/* Secret keys and the values that fill them, as YAML. */}}
{{- define "agentsmith.secretKeys" -}}
anthropic-api-key: anthropicApiKey
azure-devops-token: azureDevOpsToken
gemini-api-key: geminiApiKey
github-token: githubToken
gitlab-token: gitlabToken
jira-email: jiraEmail
jira-token: jiraToken
openai-api-key: openaiApiKey
slack-bot-token: slackBotToken
slack-signing-secret: slackSigningSecret
{{- end -}}

{{/*
Data of the Secret made from `secrets.*`, as YAML. Empty values are left out: an empty variable looks configured.
Line ends at the end are dropped: `--set-file` adds them.
*/}}
{{- define "agentsmith.secretData" -}}
{{- $secrets := .Values.secrets | default dict -}}
{{- $data := dict -}}
{{- range $key, $name := include "agentsmith.secretKeys" . | fromYaml -}}
{{- $value := regexReplaceAll "[\r\n]+$" (index $secrets $name | default "" | toString) "" -}}
{{- if trim $value -}}
{{- $_ := set $data $key ($value | b64enc) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $data "redis-url" (include "agentsmith.redisUrl" . | b64enc) -}}
{{- toYaml $data -}}
{{- end -}}

{{/* Names of the secret sources in use, as a JSON list. */}}
{{- define "agentsmith.secretSources" -}}
{{- $sources := list -}}
{{- $set := list -}}
{{- range $name, $value := .Values.secrets | default dict -}}
{{- if $value }}{{ $set = append $set (printf "secrets.%s" $name) }}{{ end -}}
{{- end -}}
{{- if $set }}{{ $sources = append $sources (first $set) }}{{ end -}}
{{- if .Values.sealedSecret.manifest }}{{ $sources = append $sources "sealedSecret.manifest" }}{{ end -}}
{{- if .Values.existingSecret }}{{ $sources = append $sources "existingSecret" }}{{ end -}}
{{- toJson $sources -}}
{{- end -}}

{{/*
Which keys the Secret lacks for a working dispatcher, as a JSON list: made from `secrets.*`, or from the SealedSecret.
Of a Secret from elsewhere nothing is known.
*/}}
{{- define "agentsmith.missingSecrets" -}}
{{- $data := dict -}}
{{- $needed := list "slack-bot-token" "slack-signing-secret" -}}
{{- if .Values.sealedSecret.manifest -}}
{{- $data = (include "agentsmith.sealedSecret" . | fromYaml).spec.encryptedData | default dict -}}
{{- $needed = append $needed "redis-url" -}}
{{- else -}}
{{- $data = include "agentsmith.secretData" . | fromYaml -}}
{{- end -}}
{{- $missing := list -}}
{{- range $needed -}}
{{- if not (hasKey $data .) }}{{ $missing = append $missing . }}{{ end -}}
{{- end -}}
{{- if not (or (hasKey $data "anthropic-api-key") (hasKey $data "openai-api-key") (hasKey $data "gemini-api-key")) -}}
{{- $missing = append $missing "one of anthropic-api-key, openai-api-key, gemini-api-key" -}}
{{- end -}}
{{- toJson $missing -}}
{{- end -}}

{{/* The SealedSecret of `sealedSecret.manifest` as YAML, checked. Comments are gone. */}}
{{- define "agentsmith.sealedSecret" -}}
{{- $documents := list -}}
{{- range regexSplit "(?m)^---[ \t]*(?:#.*)?\r?$" .Values.sealedSecret.manifest -1 -}}
{{- $document := fromYaml . -}}
{{- if $document }}{{ $documents = append $documents $document }}{{ end -}}
{{- end -}}
{{- $name := "agentsmith-secrets" -}}
{{- $where := "sealedSecret.manifest (in Argo CD: environments/ENV/sealed-secret.yaml)" -}}
{{- $fix := "Write it anew with `bootstrap seal` or `kubeseal`." -}}
{{- if ne (len $documents) 1 -}}
{{- fail (printf "%s must hold exactly one SealedSecret, but holds %d documents. %s" $where (len $documents) $fix) -}}
{{- end -}}
{{- $sealed := first $documents -}}
{{- if hasKey $sealed "Error" -}}
{{- fail (printf "%s is not YAML. %s" $where $fix) -}}
{{- end -}}
{{- $kind := printf "%v %v" $sealed.apiVersion $sealed.kind -}}
{{- if ne $kind "bitnami.com/v1alpha1 SealedSecret" -}}
{{- fail (printf "%s must be a SealedSecret of bitnami.com/v1alpha1, but is %q. A plain Secret must never be there: if this one holds real values, replace them. %s" $where $kind $fix) -}}
{{- end -}}
{{- if not (and (kindIs "map" $sealed.metadata) (kindIs "map" $sealed.spec)) -}}
{{- fail (printf "%s needs metadata and spec. %s" $where $fix) -}}
{{- end -}}
{{- if not (kindIs "map" $sealed.spec.encryptedData) -}}
{{- fail (printf "%s needs spec.encryptedData, a map ({} while nothing is sealed). %s" $where $fix) -}}
{{- end -}}
{{- if ne ($sealed.metadata.name | default "") $name -}}
{{- fail (printf "%s is named %q, but the dispatcher reads the Secret %q. Name and namespace are part of what is sealed, so renaming does not help. %s" $where ($sealed.metadata.name | default "") $name $fix) -}}
{{- end -}}
{{- $annotations := $sealed.metadata.annotations | default dict -}}
{{- $clusterWide := eq "true" (index $annotations "sealedsecrets.bitnami.com/cluster-wide" | default "" | toString) -}}
{{- $namespace := $sealed.metadata.namespace | default "" -}}
{{- if not (or (eq $namespace .Release.Namespace) (and $clusterWide (not $namespace))) -}}
{{- fail (printf "%s is sealed for namespace %q, but the release is in namespace %q. Seal it for that namespace, or install into the other one. %s" $where $namespace .Release.Namespace $fix) -}}
{{- end -}}
{{- toYaml $sealed -}}
{{- end -}}

{{/* Checksum of the Secret as far as the chart knows it. Empty with existingSecret. */}}
{{- define "agentsmith.secretChecksum" -}}
{{- if .Values.existingSecret -}}
{{- else if .Values.sealedSecret.manifest -}}
{{- (include "agentsmith.sealedSecret" . | fromYaml).spec | toJson | sha256sum -}}
{{- else -}}
{{- include "agentsmith.secretData" . | fromYaml | toJson | sha256sum -}}
{{- end -}}
{{- end -}}

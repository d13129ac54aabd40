package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/server/policy"
	"nexusai/server/route"
)

// routeExplain shows what this process knows: who may serve by rights, region,
// price, skills and length. How deployments are doing is known to the servers
// that ask them, so circuits and load are the console's to show.
func routeExplain(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	q := httpapi.RouteQuestion{}
	flags.StringVar(&q.Model, "model", "", "the model or alias (required)")
	flags.StringVar(&q.Surface, "surface", "chat", "chat, completions, responses, messages, embeddings, transcriptions, speech or rerank")
	flags.StringVar(&q.KeyID, "key", "", "ask as the API key with this id")
	flags.StringVar(&q.Role, "role", "", "ask as this role; without it all models are allowed")
	flags.BoolVar(&q.Strict, "strict", false, "pass over who would lose a part of the request")
	file := flags.String("f", "", "the request as JSON; - is standard input; without it a short text")
	return func(ctx context.Context, d *desk) error {
		if q.Model == "" {
			return misuse("route explain needs --model")
		}
		if q.Role != "" && !policy.Known(q.Role) {
			return misuse("there is no role %q", q.Role)
		}
		if *file != "" {
			request, err := d.read(*file)
			if err != nil {
				return err
			}
			q.Request = request
		}
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		answer, err := d.explain(httpapi.WithCaller(ctx, httpapi.Caller{TenantID: t.ID, Role: policy.Operator}), q)
		if err != nil {
			return err
		}
		if d.asJSON {
			return printJSON(d.stdout, answer)
		}
		return d.showRoute(answer)
	}
}

func (d *desk) explain(ctx context.Context, q httpapi.RouteQuestion) (httpapi.RouteAnswer, error) {
	f, err := d.fleet()
	if err != nil {
		return httpapi.RouteAnswer{}, err
	}
	b, err := broker.New(broker.Config{Routes: f, Log: d.log()})
	if err != nil {
		return httpapi.RouteAnswer{}, err
	}
	e, err := route.New(b, f)
	if err != nil {
		return httpapi.RouteAnswer{}, err
	}
	return e.ExplainRoute(ctx, q)
}

func (d *desk) showRoute(answer httpapi.RouteAnswer) error {
	if a := answer.Alias; a != nil {
		fmt.Fprintf(d.stdout, "%s is an alias of %s\n", a.Name, strings.Join(a.Targets, ", then "))
	}
	if answer.Larger != "" {
		fmt.Fprintf(d.stdout, "the request is too long, so %s would be asked\n", answer.Larger)
	}
	if answer.Problem != nil {
		fmt.Fprintf(d.stdout, "nobody would answer: %s (%s)\n", answer.Problem.Detail, answer.Problem.Code)
	}
	err := list(d, answer.Candidates, "DEPLOYMENT\tKEY\tREGION\tPRIORITY\tWEIGHT\tLOAD\tVERDICT", func(c httpapi.RouteCandidate) string {
		verdict, load := "qualifies", ""
		switch {
		case !c.Qualifies:
			verdict = "passed over: " + c.Reason
		case c.DeploymentID == answer.Chosen && c.KeyID == answer.ChosenKey:
			verdict = "chosen: " + cmp.Or(whys[broker.Why(c.Why)], c.Why)
		}
		if len(c.Losses) > 0 {
			verdict += ", would lose " + strings.Join(c.Losses, ", ")
		}
		if c.Score != nil {
			load = strconv.FormatFloat(*c.Score, 'f', 0, 64)
		}
		return strings.Join([]string{c.Deployment, c.Key, c.Region, strconv.Itoa(c.Priority), strconv.Itoa(c.Weight), load, verdict}, "\t")
	})
	if len(answer.Candidates) > 0 {
		fmt.Fprintln(d.stdout, "load is that of a server that has asked nobody; the console shows what a running one knows")
	}
	return err
}

// whys say why a deployment would be chosen.
var whys = map[broker.Why]string{
	broker.WhyOnly: "no other qualifies", broker.WhyLoad: "the less loaded of two drawn by weight", broker.WhyAffinity: "its prompt cache knows the conversation",
	broker.WhyProbe: "it failed, and is tried again", broker.WhyLarger: "the request is too long for the others",
}

package cluster

import (
	"strings"
	"testing"

	"github.com/ember-cluster/ember/sim/view"
)

func TestAViolationIsShownWithItsOperations(t *testing.T) {
	r := tampered(t, func(c *Cluster) { goBack(t, c) })
	r.Judgement = r.Cluster.judge(r.Cluster.evidence())
	meta, err := r.ViewMeta()
	if err != nil {
		t.Fatal(err)
	}
	_, window, ok := r.Judgement.Window()
	if !ok || len(meta.Unexplained) != len(window) || !strings.Contains(meta.Explanation, "<svg") {
		t.Errorf("%d of %d operations are shown as unexplained, with a page of %d bytes", len(meta.Unexplained), len(window), len(meta.Explanation))
	}
	if meta.Failure == nil || meta.Verdict != "violation" || meta.Space.Size != 16384 {
		t.Errorf("the page is told %+v", meta.Failure)
	}
}

func TestAPanicIsShownWithItsStack(t *testing.T) {
	r := tampered(t, func(c *Cluster) { c.nodes[0].conns.streams = nil })
	meta, err := r.ViewMeta()
	if err != nil {
		t.Fatal(err)
	}
	if meta.Failure == nil || meta.Failure.Host != "node-1" || !strings.Contains(meta.Detail, "connectionNames") {
		t.Errorf("the page is told %+v: %s", meta.Failure, meta.Detail)
	}
}

func TestOperationsAreShownWithTheirRedirects(t *testing.T) {
	config, plan := small(3)
	config.Clients[0].Cache = CacheWrong
	r := mustRun(t, config, plan)
	moved := 0
	for _, host := range r.Cluster.World.Hosts() {
		requester, ok := host.Process().(view.Requester)
		if !ok {
			continue
		}
		for i := range requester.Operations() {
			op := requester.Operation(i)
			last := op.Attempts[len(op.Attempts)-1]
			refused := last.Answer != "" && !strings.HasPrefix(last.Answer, "CROSSSLOT ") // which is an answer
			if op.Outcome == view.Answered && (op.Reply == "" || refused || op.Return < op.Call) {
				t.Errorf("an answered operation is shown as %+v", op)
			}
			for _, attempt := range op.Attempts {
				if strings.HasPrefix(attempt.Answer, "MOVED ") {
					moved++
				}
			}
		}
	}
	if moved == 0 || moved != r.Redirects.Moved {
		t.Errorf("%d redirects are shown, the clients followed %d", moved, r.Redirects.Moved)
	}
}

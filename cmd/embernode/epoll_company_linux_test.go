package main

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
)

// TestCompany rings the bell of a poller as the bus and the journal do, and sees that every ring ends a wait, with company and
// without; that the company comes with the second ring and goes with time.
func TestCompany(t *testing.T) {
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	rung := make(chan bool)
	answered := make(chan bool)
	go func() {
		for range rung {
			p.wake()
			answered <- true
		}
	}()
	for i := range 100 {
		rung <- true
		for waits := 1; len(p.wait(core.Never)) == 0; waits++ {
			if waits > 1000 { // a company that goes ends a wait too
				t.Fatal("the bell is not heard")
			}
		}
		<-answered
		if i > 0 && i < 3 && time.Since(p.lastRing) < companyTime && p.until.IsZero() {
			t.Error("rings make no company")
		}
	}
	p.until = time.Now().Add(companyTime)
	if !p.hasCompany() || p.file == nil {
		t.Error("no company where there should be one")
	}
	began := time.Now()
	p.until = began.Add(companyTime)
	if n := p.park(core.Never); n != 0 || time.Since(began) < companyTime {
		t.Errorf("%d events after %v", n, time.Since(began))
	}
	if p.hasCompany() || p.file != nil {
		t.Error("the company does not go")
	}
	if len(p.wait(time.Millisecond)) != 0 {
		t.Error("an event out of nothing")
	}
}

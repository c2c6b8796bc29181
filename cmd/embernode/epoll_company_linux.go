package main

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ember-cluster/ember/core"
)

// company is how the loop waits while other goroutines work for it: those of the bus and of the journal, which ring the bell.
//
// In epoll_wait the loop keeps one of Go's processors until the runtime finds out, which takes 20 µs to 10 ms. Nobody minds if there
// is nobody else. But a change of the configuration, say, goes back and forth between the loops, the buses and the journals of
// several nodes, and each step would lose that time. So while there is company the loop waits as goroutines do, by the runtime's own
// poller. That costs more for each wait, so it is not done for clients alone.
type company struct {
	// lastRing is when the bell was rung last; until is when the company is taken to have gone.
	lastRing, until time.Time
	// file is the poller as the runtime knows it, nil without company.
	file *os.File
	raw  syscall.RawConn
}

// companyTime is how long after a ring the loop expects another one. Two that are no further apart begin the company.
const companyTime = 5 * time.Millisecond

// noteRing is told of each ring.
func (c *company) noteRing() {
	now := time.Now()
	if now.Sub(c.lastRing) < companyTime {
		c.until = now.Add(companyTime)
	}
	c.lastRing = now
}

// hasCompany reports whether to wait by park.
func (p *poller) hasCompany() bool {
	if p.until.IsZero() {
		return false
	}
	if time.Now().Before(p.until) && p.enterCompany() {
		return true
	}
	p.leaveCompany()
	return false
}

// enterCompany makes the poller known to the runtime, and reports whether it is.
func (p *poller) enterCompany() bool {
	if p.file != nil {
		return true
	}
	copied, err := unix.FcntlInt(uintptr(p.epoll), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return false
	}
	_ = unix.SetNonblock(copied, true) // otherwise the next but one fails
	file := os.NewFile(uintptr(copied), "epoll")
	raw, err := file.SyscallConn()
	if err != nil || file.SetReadDeadline(time.Time{}) != nil {
		_ = file.Close() // nothing can be lost
		return false
	}
	p.file, p.raw = file, raw
	return true
}

func (p *poller) leaveCompany() {
	if p.file != nil {
		_ = p.file.Close() // nothing can be lost
		p.file, p.raw = nil, nil
	}
	p.until = time.Time{}
}

// park waits for events as goroutines wait, until the company has gone at the latest.
func (p *poller) park(patience time.Duration) (n int) {
	deadline := p.until
	if patience != core.Never {
		if end := time.Now().Add(patience); end.Before(deadline) {
			deadline = end
		}
	}
	_ = p.file.SetReadDeadline(deadline) // it was possible before
	_ = p.raw.Read(func(uintptr) bool {
		n = p.look(0)
		return n > 0
	}) // its error is that the time is over
	return n
}

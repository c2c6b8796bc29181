package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/ember-cluster/ember/core"
)

// loop drives the node. Its fields belong to the goroutine that calls run, except for mail, which anyone may write to.
type loop struct {
	node    *core.Node
	clients clientDriver
	// gate is where clients come in by TLS, nil if there is none.
	gate    *tlsGate
	bus     *bus
	journal *journal
	mail    *mailbox
	log     *slog.Logger
	// began is the zero of the node's monotonic clock.
	began time.Time
	// stopping is set when the loop has to end.
	stopping bool
	// opened says that this start of the node is durable, so that others may hear of it; onOpened is called then.
	opened   bool
	onOpened func()
	// logFailure is why nothing is appended to the log any more. Whoever notices it first leaves a letter about it.
	logFailure error
}

// shutdownGrace is how long the clients have to take their last replies.
const shutdownGrace = time.Second

// now is the node's monotonic clock.
func (l *loop) now() time.Duration { return time.Since(l.began) }

// run serves until it is stopped. It returns the error that has ended the log, if one has.
func (l *loop) run() error {
	l.journal.start(
		func(position uint64) { l.mail.post(func() { l.persisted(position) }) },
		func(err error) { l.mail.post(func() { l.endLog(err) }) },
	)
	l.step(&core.Start{})
	for !l.stopping {
		l.take(l.clients.wait(l.node.NextDeadline()))
		l.mail.open()
		if l.node.NextDeadline() <= l.now() {
			l.step(&core.DeadlineReached{})
		}
	}
	return l.end()
}

// stop makes run return. It may be called from anywhere.
func (l *loop) stop() { l.mail.post(func() { l.stopping = true }) }

// end leaves the cluster in good order: peers and clients are told what is still to be told, the log is complete.
func (l *loop) end() error {
	l.step(&core.Shutdown{})
	l.journal.finish()
	l.mail.open() // the journal's last words
	l.mail.close()
	if l.gate != nil {
		l.gate.closeListeners()
	}
	l.clients.shutdown(shutdownGrace)
	if l.gate != nil {
		l.gate.close(shutdownGrace)
	}
	if err := l.bus.close(); err != nil {
		l.log.Warn("cluster port not closed in order", "error", err)
	}
	return l.logFailure
}

// take gives the node what has happened to clients.
func (l *loop) take(r *round) {
	for i := range r.opened {
		l.step(&r.opened[i])
	}
	for _, client := range r.drained {
		l.step(&core.ClientDrained{Client: client})
	}
	if len(r.batch.Inputs) > 0 {
		l.step(&r.batch)
	}
	for i := range r.closed {
		l.step(&r.closed[i])
	}
}

// step gives the node one event and carries out what it wants done. The clock is read now, after the event's input was taken.
func (l *loop) step(event core.Event) {
	now := time.Now()
	effects := l.node.Step(core.Clock{Now: now.Sub(l.began), Wall: now.UnixMilli()}, event)
	for i := range effects {
		l.carryOut(&effects[i])
	}
	l.clients.flush()
	if !l.opened && l.node.Open() {
		l.opened = true
		l.onOpened()
	}
}

func (l *loop) carryOut(effect *core.Effect) {
	switch effect.Kind {
	case core.Reply:
		l.clients.send(effect.Client, effect.Bytes, effect.Kept)
	case core.ReplyAndDrain:
		l.clients.send(effect.Client, effect.Bytes, effect.Kept)
		l.clients.reportDrained(effect.Client)
	case core.CloseClient:
		l.clients.finish(effect.Client)
	case core.SendDatagram:
		l.bus.sendDatagram(effect.To, effect.Bytes)
	case core.OpenStream:
		l.bus.openStream(effect.Stream, effect.To)
	case core.SendStream:
		l.bus.sendStream(effect.Stream, effect.Bytes)
	case core.CloseStream:
		l.bus.closeStream(effect.Stream)
	case core.Append:
		l.append(effect)
	case core.Release:
		l.journal.releaseBefore(effect.Position)
	case core.Stop:
		l.stopping = true
	default:
		panic(fmt.Sprintf("embernode: unknown effect %v", effect.Kind))
	}
}

// append gives a record to the journal. Nothing is known yet of an error where the effects of the step are carried out: the
// node hears of it in a step of its own.
func (l *loop) append(effect *core.Effect) {
	if l.logFailure != nil {
		return
	}
	position, err := l.journal.append(effect.Bytes)
	if err != nil {
		l.mail.post(func() { l.endLog(err) })
		return
	}
	if position != effect.Position {
		panic(fmt.Sprintf("embernode: the log numbers a record %d that the node calls %d", position, effect.Position))
	}
}

func (l *loop) persisted(position uint64) {
	l.step(&core.Persisted{Position: position})
}

// endLog notes that the log has ended. The node serves its data on, in the configuration that is in force, or stops if this
// start of it is not durable.
func (l *loop) endLog(err error) {
	if l.logFailure != nil {
		return
	}
	l.logFailure = fmt.Errorf("log: %w", err)
	l.log.Error("the log has failed: what needs it is refused until the node is started again", "error", err)
	l.step(&core.LogFailed{Reason: systemReason(err)})
}

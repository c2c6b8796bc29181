package consensus

import "fmt"

// tracer is raft's logger. What raft tells of elections goes to Config.Trace; what it calls a panic is one.
type tracer struct{ machine *Machine }

func (t tracer) trace(args ...any) {
	if trace := t.machine.config.Trace; trace != nil {
		trace(fmt.Sprint(args...))
	}
}

func (t tracer) tracef(format string, args ...any) {
	if trace := t.machine.config.Trace; trace != nil {
		trace(fmt.Sprintf(format, args...))
	}
}

// Debug is not traced: it is about single messages.
func (t tracer) Debug(...any) {}

// Debugf is not traced either.
func (t tracer) Debugf(string, ...any) {}

func (t tracer) Info(args ...any)                    { t.trace(args...) }
func (t tracer) Infof(format string, args ...any)    { t.tracef(format, args...) }
func (t tracer) Warning(args ...any)                 { t.trace(args...) }
func (t tracer) Warningf(format string, args ...any) { t.tracef(format, args...) }
func (t tracer) Error(args ...any)                   { t.trace(args...) }
func (t tracer) Errorf(format string, args ...any)   { t.tracef(format, args...) }
func (t tracer) Fatal(args ...any)                   { panic("consensus: raft: " + fmt.Sprint(args...)) }
func (t tracer) Fatalf(format string, args ...any) {
	panic("consensus: raft: " + fmt.Sprintf(format, args...))
}
func (t tracer) Panic(args ...any) { panic("consensus: raft: " + fmt.Sprint(args...)) }
func (t tracer) Panicf(format string, args ...any) {
	panic("consensus: raft: " + fmt.Sprintf(format, args...))
}

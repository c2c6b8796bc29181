package view

import "time"

// A Requester is a process that makes requests of other hosts and keeps a list of them.
type Requester interface {
	// Operations returns how many operations the host has begun so far, over all of its lives.
	Operations() int
	// Operation describes one of them, in the order in which they began, from 0.
	Operation(number int) Operation
}

// Outcome is what a client knows of its operation.
type Outcome uint8

const (
	Pending Outcome = iota // no reply yet
	Answered
	Refused // surely without effect
	Unknown // no reply, and it may have had an effect
)

// An Operation is a request with all its attempts.
type Operation struct {
	ID int // unique in the run
	// Call and Return are virtual times. Return is when the client had the outcome, or gave up to wait for it; it means
	// nothing while Pending.
	Call, Return time.Duration
	Outcome      Outcome
	Request      string
	Reply        string
	Attempts     []Attempt
}

// An Attempt is one sending of an operation.
type Attempt struct {
	At time.Duration // virtual time
	To string        // name of the host
	// Answer is what came back if that did not end the operation, such as a redirect.
	Answer string
}

package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/resp"
)

// openings are the beginnings of requests on keys that came lately, by their digests. What a request begins like is what decides
// on its command and on which of its arguments are keys, so a request with a known opening need not be asked for either.
type openings [1 << resp.DigestBits]knownOpening

// knownOpening is an opening and what follows from it.
type knownOpening struct {
	resp.Opening
	row  *command.Row
	keys command.KeyRange
}

// find returns the opening that some bytes begin with, or nil if it is not known.
func (o *openings) find(input []byte) *knownOpening {
	digest, ok := resp.Digest(input)
	if !ok {
		return nil
	}
	if k := &o[digest]; k.Begins(input) {
		return k
	}
	return nil
}

// learn remembers the opening of a request, if its first argument is a key: then it is not the name of a subcommand.
func (o *openings) learn(request []byte, row *command.Row, keys command.KeyRange) {
	if keys.Count == 0 || keys.First != 1 {
		return
	}
	if opening, ok := resp.NewOpening(request); ok {
		digest, _ := resp.Digest(request)
		o[digest] = knownOpening{opening, row, keys}
	}
}

package main

import "sync"

// mailbox holds what other goroutines have for the loop, except for the input of clients: what the bus has received, what
// the journal has made durable, the wish to stop.
type mailbox struct {
	mutex sync.Mutex
	// wake makes the loop look. Nil until there is a loop; what was left before then is taken by its first look.
	wake func()
	// room is signalled when the loop has taken everything.
	room sync.Cond
	// letters are what the loop is to do, in order.
	letters []func()
	// size is how many bytes the letters hold. Invariant: grows beyond maxMailbox by post only, for which nobody can be made
	// to wait.
	size int
	// closed says that the loop has ended: nothing is taken any more.
	closed bool
	// spare is an empty slice to be used for letters next.
	spare []func()
}

const (
	// maxMailbox bounds the bytes of the bus's messages that the loop has not taken yet.
	maxMailbox = 8 << 20
	// letterSize is what a message costs beyond its bytes, about.
	letterSize = 128
)

func newMailbox() *mailbox {
	m := &mailbox{}
	m.room.L = &m.mutex
	return m
}

// begin says how the loop is woken from now on.
func (m *mailbox) begin(wake func()) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.wake = wake
	wake()
}

// post leaves a letter.
func (m *mailbox) post(letter func()) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.add(letter, letterSize)
}

// offer leaves a letter with so many bytes if there is room, and reports whether there was.
func (m *mailbox) offer(size int, letter func()) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.size+size > maxMailbox {
		return false
	}
	m.add(letter, size+letterSize)
	return true
}

// insist leaves a letter with so many bytes, and waits until there is room. Never called by the loop.
func (m *mailbox) insist(size int, letter func()) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for m.size+size > maxMailbox && m.size > 0 && !m.closed {
		m.room.Wait()
	}
	m.add(letter, size+letterSize)
}

// add leaves a letter, and wakes the loop if it is the first one. Called with the mutex held.
func (m *mailbox) add(letter func(), size int) {
	if m.closed {
		return
	}
	m.letters = append(m.letters, letter)
	m.size += size
	if len(m.letters) == 1 && m.wake != nil {
		m.wake()
	}
}

// open carries out all letters. Only the loop calls it.
func (m *mailbox) open() {
	m.mutex.Lock()
	letters := m.letters
	m.letters, m.spare, m.size = m.spare[:0], nil, 0
	m.room.Broadcast()
	m.mutex.Unlock()
	for _, letter := range letters {
		letter()
	}
	clear(letters)
	m.spare = letters
}

// close says that nobody will take letters any more.
func (m *mailbox) close() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.closed = true
	m.letters = nil
	m.room.Broadcast()
}

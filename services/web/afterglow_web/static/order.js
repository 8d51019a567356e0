// The order of what a conversation shows: messages by their number, and behind one of them, by their time, the lines that
// tell who stands in.
export function order({ dataset: { sequence, after, at } }) {
  return sequence ? [Number(sequence), 0] : [Number(after), Number(at)];
}

export function isBefore(one, other) {
  const [[number, at], [otherNumber, otherAt]] = [order(one), order(other)];
  return number === otherNumber ? at < otherAt : number < otherNumber;
}

// Lines that are not true any more; of what lies behind the last message that came nothing is known.
export function notAnyMore(lines, all) {
  const last = Math.max(...all.filter(({ dataset }) => dataset.sequence).map((message) => order(message)[0]), 0);
  return lines.filter((line) => (order(line)[0] <= last || !last) && !all.some(({ id }) => id === line.id));
}

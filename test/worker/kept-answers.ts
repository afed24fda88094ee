/** Answers to handshakes whose sockets a test does not take. One that nobody has any more loses its socket. */
const answers: Response[] = [];

/** Keeps an answer until the test ends. */
export function kept(answer: Response): Response {
  answers.push(answer);
  return answer;
}

export function forgetKept(): void {
  answers.length = 0;
}

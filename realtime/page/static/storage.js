// What this browser remembers; one that is told to remember nothing still shows the page.

export function recall(key) {
  try {
    return localStorage.getItem(`livefacs.${key}`);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(`livefacs.${key}`);
    else localStorage.setItem(`livefacs.${key}`, value);
  } catch {
    // it stays as it is until the page is closed
  }
}

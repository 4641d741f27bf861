// Small choices of whoever stands at the tablet, such as the camera. Where nothing may be stored they last for a page.
const here = new Map();

export function remembered(name) {
  try {
    return localStorage.getItem(`genba-gate-${name}`) ?? "";
  } catch {
    return here.get(name) ?? "";
  }
}

export function remember(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(`genba-gate-${name}`, value);
  } catch {
    // it lasts for this page
  }
}

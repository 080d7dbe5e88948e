rule zeros {
  strings:
    $zeros = { 00 ?? 00 }
  condition:
    $zeros
}

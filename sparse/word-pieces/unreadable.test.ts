import { expect, test } from 'vitest'
import { goldenTokenizer } from '../golden/read-golden.ts'
import { isUnreadable, strangeShare } from './unreadable.ts'

const tokenizer = goldenTokenizer()

test.each([
  'The physician prescribes medication after an infarction.',
  'Der Arzt verschrieb dem Patienten nach dem Herzinfarkt ein Medikament.',
  'Lekarz przepisał pacjentowi lek po zawale serca.',
  'Bác sĩ đã kê đơn thuốc cho bệnh nhân sau cơn đau tim.',
  'f(x) = a x + b y; for (let i = 0; i < n; i++) sum += w[i] * v[i]',
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 7919 + 13) % 251)).toString('base64'),
  'Error in модуль: connection refused by server (код 500)',
  'Lékař předepsal pacientovi lék po infarktu.',
  'x',
  '',
])('%j can be read', (text) => {
  expect(isUnreadable(text, tokenizer)).toBe(false)
})

test.each([
  'Врач выписал пациенту лекарство после инфаркта.',
  'แพทย์สั่งยาให้ผู้ป่วยหลังจากหัวใจวาย',
  '医生在心脏病发作后给病人开了药。',
  'وصف الطبيب الدواء للمريض بعد النوبة القلبية',
  '🫠🫡',
  '의사는 심장마비 후 환자에게 약을 처방했다.',
  'ff'.repeat(200),
])('%j cannot', (text) => {
  expect(isUnreadable(text, tokenizer)).toBe(true)
})

test('a text cut within a surrogate pair is looked at like any other', () => {
  expect(strangeShare(`${'a'.repeat(1_999)}😀`, tokenizer)).toBeLessThanOrEqual(1)
})
